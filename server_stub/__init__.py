"""The small sync server: routes, the one write path, the central store, public pages."""
