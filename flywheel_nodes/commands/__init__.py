"""The subcommands of `flywheel`, one file each: HELP, add_arguments(parser), run(args)."""
