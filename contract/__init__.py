"""What SageMaker and every image agree on. Imports nothing of ours; importing it costs numpy at most."""
