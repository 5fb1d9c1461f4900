"""What is judged: the policy, its episodes, the state of the robot."""
