"""What belongs to one page each: its choices, words, tables and studies. Pages know nothing of each other's."""
