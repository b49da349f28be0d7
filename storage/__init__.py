"""What is remembered: records, the Store and Dispatch ports, their SQL implementation, migrations.

Imports nothing of ours.
"""
