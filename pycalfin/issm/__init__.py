"""What ice-sheet models read: contours and level sets."""
