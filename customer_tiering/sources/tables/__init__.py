"""Files as tables: CSV in any encoding, spreadsheets, packed or in a folder, with a line number for each row."""
