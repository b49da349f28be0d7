"""The story, a file a stretch: propose -> decide -> execute -> evaluate. Knows no chat platform and no database by name."""
