"""What proposes: the workflow runtime with its journal, the model client, the actions and the shipped agents."""
