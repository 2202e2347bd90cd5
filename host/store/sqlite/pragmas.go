package sqlite

// What is set on each connection; doc.go says why.

const writerTimeout = "busy_timeout = 5000" // milliseconds

func writerPragmas() []string {
	return []string{
		"synchronous = FULL",
		"wal_autocheckpoint = 4000",      // pages
		"journal_size_limit = 134217728", // octets
		"cache_size = -8192",             // KiB
		"cell_size_check = ON",
		"trusted_schema = OFF",
	}
}

func readerPragmas() []string {
	return []string{
		"busy_timeout = 5000", // milliseconds
		"query_only = ON",
		"cell_size_check = ON",
		"trusted_schema = OFF",
	}
}
