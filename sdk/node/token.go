package node

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// How the token goes with the stream (RFC 6750 §2.1).
const (
	tokenHeader = "authorization"
	tokenScheme = "Bearer "
)

// CheckToken says what is wrong with a token: it has 16 to 4096 printable ASCII characters and no spaces.
func CheckToken(token string) error {
	if len(token) < minToken || len(token) > maxToken {
		return fmt.Errorf("a token has %d to %d characters, this one has %d", minToken, maxToken, len(token))
	}
	for i := range len(token) {
		if token[i] <= ' ' || token[i] > '~' {
			return fmt.Errorf("the %d. character of the token is not printable ASCII", i+1)
		}
	}
	return nil
}

// keyOf is what tokens are compared by: all have the same length.
func keyOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// admit checks the token of a stream in a time that says nothing of it.
func (s *Server) admit(ctx context.Context) error {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get(tokenHeader)
	shown := ""
	if len(values) == 1 {
		if scheme, token, ok := strings.Cut(values[0], " "); ok && strings.EqualFold(scheme+" ", tokenScheme) {
			shown = token
		}
	}
	key, ok := keyOf(shown), 0
	for _, k := range s.keys {
		ok |= subtle.ConstantTimeCompare(key, k)
	}
	if ok == 0 {
		return status.Error(codes.Unauthenticated, "the token is not one of this node's")
	}
	return nil
}
