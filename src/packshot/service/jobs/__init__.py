"""Tables that are filled in the background: kept in folders, queued by huey, worked on by other processes."""
