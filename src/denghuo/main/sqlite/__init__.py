"""Django's SQLite, with writers of several processes standing in line."""
