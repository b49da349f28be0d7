"""A second look at a proposal: does its summary say what its arguments do? First by comparison, then by a model.

People read the summary first and may stop there. So where the two disagree the card says so, and the risk is raised. Nothing
here can take a risk or a mark away.
"""
