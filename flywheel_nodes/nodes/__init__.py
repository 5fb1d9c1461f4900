"""Thin rclpy shells that wire an object of core to topics and an effect."""
