"""Operations: moving the database, backups and their drill, health checks, and exports."""
