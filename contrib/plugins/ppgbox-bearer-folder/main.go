// Command ppgbox-bearer-folder is an outside plugin to learn from: a bearer that writes each push into a folder. Built into the
// gateway's plugin_dir, it is "bearer/folder" in a configuration.
package main

import "github.com/ppgbox/ppgbox/sdk/bearer"

func main() { bearer.Serve(&folder{}) }
