# One interface package: NAME, and NEEDED, the packages whose types its messages name.
find_package(ament_cmake REQUIRED)
find_package(rosidl_default_generators REQUIRED)
foreach(package IN LISTS NEEDED)
  find_package(${package} REQUIRED)
endforeach()

# rclpy needs no C++ types, and they take a third of the time.
list(FILTER AMENT_EXTENSIONS_rosidl_generate_idl_interfaces EXCLUDE REGEX "_cpp:")

file(GLOB messages RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} msg/*.msg)
rosidl_generate_interfaces(${PROJECT_NAME} ${messages} DEPENDENCIES ${NEEDED})
ament_package()
