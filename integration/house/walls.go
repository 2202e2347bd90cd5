package house

import (
	"fmt"
	"strings"
)

// walls returns the imports that cross a wall: host imports plugins only in one file of host/ppgbox, plugins import of ours only
// sdk and their own folder, sdk only sdk. So a plugin could be built anywhere else as well. Tests stand behind the same walls.
func walls(all []source) []string {
	var breaches []string
	breach := func(s source, folder, rule string) {
		breaches = append(breaches, fmt.Sprintf("%s imports %s: %s", s.path, folder, rule))
	}
	bundled := "" // the one file that lists the bundled plugins
	for _, s := range all {
		for _, folder := range s.ours() {
			switch {
			case s.within("host") && in(folder, "plugins"):
				switch {
				case s.folder() != "host/ppgbox":
					breach(s, folder, "host never imports plugins, except one file of host/ppgbox")
				case bundled == "":
					bundled = s.path
				case bundled != s.path:
					breach(s, folder, "the bundled plugins are listed in one file, and "+bundled+" is another")
				}
			case s.within("plugins") && !in(folder, "sdk") && !in(folder, pluginFolder(s.path)):
				breach(s, folder, "a plugin imports of ours only sdk and its own folder")
			case s.within("sdk") && !in(folder, "sdk"):
				breach(s, folder, "sdk leans on nothing of ours")
			}
		}
	}
	return breaches
}

// in reports whether folder is parent or lies below it.
func in(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}

// pluginFolder returns plugins/<kind>/<name> of a path in it.
func pluginFolder(path string) string {
	parts := strings.SplitN(path, "/", 4)
	return strings.Join(parts[:min(3, len(parts))], "/")
}
