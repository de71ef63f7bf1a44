"""Files as tables: CSV in any encoding, spreadsheets, packed or in a folder; each row has its line."""
