package admin

import (
	"net/http"
	"path/filepath"
)

// Backedup is the answer of /v1/backup.
type Backedup struct {
	Path  string `json:"path"`
	Error string `json:"error,omitempty"`
}

// backup has the store write a copy of itself into a new file on the gateway's machine.
func (s Source) backup(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Query().Get("path")
	if !filepath.IsAbs(path) {
		answer(w, http.StatusBadRequest, Backedup{Path: path, Error: "path must be absolute: it is one of the gateway's machine"})
		return
	}
	if err := s.Backup(r.Context(), path); err != nil {
		answer(w, http.StatusUnprocessableEntity, Backedup{Path: path, Error: err.Error()})
		return
	}
	answer(w, http.StatusOK, Backedup{Path: path})
}
