package pap

// ParseVersion reads a version in the form of Version.String. What is none is the DefaultVersion.
func ParseVersion(text string) Version {
	v, ok := leadingVersion(text)
	if !ok || !v.supported() {
		return DefaultVersion
	}
	return v
}
