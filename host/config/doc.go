// Package config reads the gateway's configuration: strict TOML, checked as a whole before anything of it is used, with every
// problem named by file, line and key at once.
//
// Relative paths in it (the store's file, password files, the plugin directory, the lock file) are relative to the folder
// of the configuration file, not to the working directory.
package config
