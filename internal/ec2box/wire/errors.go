// Package wire is the query protocols of EC2, STS, IAM and their like:
// parameters in, XML out, filters, pages and errors.
package wire

import (
	"fmt"
	"net/http"
)

// Error is an error in EC2's own words.
type Error struct {
	Code, Message string
	Status        int // of HTTP
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Bad is an error of the client's, with status 400 unless the code has another.
func Bad(code, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...), Status(code)}
}

// Status is the HTTP status that a code comes with.
func Status(code string) int {
	switch code {
	case "AuthFailure":
		return http.StatusUnauthorized
	case "UnauthorizedOperation", "AccessDenied", "SignatureDoesNotMatch", "InvalidClientTokenId", "MissingAuthenticationToken", "IncompleteSignature", "OptInRequired", "ExpiredToken":
		return http.StatusForbidden
	case "NoSuchEntity":
		return http.StatusNotFound
	case "EntityAlreadyExists", "DeleteConflict":
		return http.StatusConflict
	case "DryRunOperation":
		return http.StatusPreconditionFailed
	case "InternalError", "InternalFailure", "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientVolumeCapacity":
		return http.StatusInternalServerError
	case "Unavailable", "ServiceUnavailable", "RequestLimitExceeded":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// Invalid is a parameter whose value is not one of those there are.
func Invalid(value, name, hint string, args ...any) *Error {
	return Bad("InvalidParameterValue", "Value (%s) for parameter %s is invalid. %s", value, name, fmt.Sprintf(hint, args...))
}

// Missing is a parameter that must be there.
func Missing(name string) *Error {
	return Bad("MissingParameter", "The request must contain the parameter %s", name)
}

// Together are parameters that exclude each other.
func Together(a, b string) *Error {
	return Bad("InvalidParameterCombination", "The parameter %s cannot be used with the parameter %s", a, b)
}

// Unsupported is what the real service has and the sandbox has not.
func Unsupported(what string) *Error {
	return Bad("UnsupportedOperation", "The sandbox does not implement %s.", what)
}
