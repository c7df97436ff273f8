"""What a loader does below its interface: fetching, collating, worker processes."""
