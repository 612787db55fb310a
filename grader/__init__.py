"""The grader: grades, proves and releases assignments. It stays with the instructor."""
