convoy-partition - -c - -s rows
