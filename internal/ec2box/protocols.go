package ec2box

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ovenbird-io/ovenbird/internal/ec2box/blocks"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/sigv4"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/wire"
	"github.com/ovenbird-io/ovenbird/internal/ec2box/world"
)

// protocol is how a service talks.
type protocol struct {
	service   string
	namespace string // of the XML
	version   string // of the API
	words     map[sigv4.Reason]string
	// read takes a request apart, and sets the exchange's action.
	read   func(*exchange) (*request, error)
	refuse func(*exchange, error)
}

// request is what a client asks for.
type request struct {
	form url.Values
	body []byte
}

func protocolOf(service string) protocol {
	query := map[sigv4.Reason]string{
		sigv4.Missing: "MissingAuthenticationToken", sigv4.Malformed: "IncompleteSignature", sigv4.UnknownKey: "InvalidClientTokenId",
		sigv4.WrongToken: "InvalidClientTokenId", sigv4.Expired: "SignatureDoesNotMatch", sigv4.Mismatch: "SignatureDoesNotMatch", sigv4.WrongBody: "SignatureDoesNotMatch",
	}
	inJSON := map[sigv4.Reason]string{
		sigv4.Missing: "MissingAuthenticationTokenException", sigv4.Malformed: "IncompleteSignatureException", sigv4.UnknownKey: "UnrecognizedClientException",
		sigv4.WrongToken: "UnrecognizedClientException", sigv4.Expired: "InvalidSignatureException", sigv4.Mismatch: "InvalidSignatureException", sigv4.WrongBody: "InvalidSignatureException",
	}
	switch service {
	case "sts":
		return protocol{service, "https://sts.amazonaws.com/doc/2011-06-15/", "2011-06-15", query, readQuery, refuseQuery}
	case "iam":
		return protocol{service, "https://iam.amazonaws.com/doc/2010-05-08/", "2010-05-08", query, readQuery, refuseQuery}
	case "autoscaling":
		return protocol{service, "http://autoscaling.amazonaws.com/doc/2011-01-01/", "2011-01-01", query, readQuery, refuseQuery}
	case "ssm", "secretsmanager":
		return protocol{service, "", "", inJSON, readJSON, refuseJSON}
	case "ebs":
		return protocol{service, "", "", inJSON, readBlocks, refuseBlocks}
	}
	return protocol{service, wire.Namespace, "2016-11-15", map[sigv4.Reason]string{
		sigv4.Missing: "MissingParameter", sigv4.Malformed: "IncompleteSignature", sigv4.UnknownKey: "AuthFailure", sigv4.WrongToken: "AuthFailure",
		sigv4.Expired: "RequestExpired", sigv4.Mismatch: "AuthFailure", sigv4.WrongBody: "AuthFailure",
	}, readQuery, refuseEC2}
}

// said puts an error in the service's words.
func (x *exchange) said(err error) *wire.Error {
	var auth *sigv4.Error
	var e *wire.Error
	switch {
	case errors.As(err, &e):
		return e
	case !errors.As(err, &auth):
		return wire.Bad("InternalError", "%s", err.Error())
	}
	e = wire.Bad(x.protocol.words[auth.Reason], "%s", auth.Message)
	switch {
	case e.Code == "AuthFailure":
		e.Message = "AWS was not able to validate the provided access credentials: " + auth.Message
	case e.Code == "RequestExpired":
		e.Message = "Request has expired. " + auth.Message
	case auth.Reason == sigv4.Missing && e.Code == "MissingParameter":
		e.Message = "The request must contain the parameter AWSAccessKeyId"
	case auth.Reason == sigv4.WrongToken && strings.HasSuffix(auth.Message, "expired"):
		e.Code, e.Status = "ExpiredToken"+map[bool]string{true: "Exception"}[strings.HasSuffix(e.Code, "Exception")], http.StatusForbidden
	}
	return e
}

func readQuery(x *exchange) (*request, error) {
	if x.r.URL.Path != "/" && x.r.URL.Path != "" {
		return nil, wire.Bad("InvalidAction", "There is nothing at %s", x.r.URL.Path)
	}
	text := x.r.URL.RawQuery
	if x.r.Method == http.MethodPost {
		raw, err := io.ReadAll(x.r.Body)
		if err != nil {
			return nil, err
		}
		text = string(raw)
	}
	form, err := url.ParseQuery(text)
	if err != nil {
		return nil, wire.Bad("MalformedQueryString", "The request cannot be read: %s", err.Error())
	}
	x.action = form.Get("Action")
	switch {
	case x.action == "":
		return nil, wire.Bad("MissingAction", "The request must contain the parameter Action")
	case form.Get("Version") != x.protocol.version:
		return nil, wire.Bad("NoSuchVersion", "The requested version (%s) of service %s does not exist; the sandbox has %s", form.Get("Version"), x.scope.Service, x.protocol.version)
	}
	form.Del("Action")
	form.Del("Version")
	return &request{form: form}, nil
}

func readJSON(x *exchange) (*request, error) {
	_, x.action, _ = strings.Cut(x.r.Header.Get("X-Amz-Target"), ".")
	raw, err := io.ReadAll(x.r.Body)
	return &request{body: raw}, err
}

func readBlocks(x *exchange) (*request, error) {
	x.action = blocks.Action(x.r)
	return &request{}, nil
}

func refuseEC2(x *exchange, err error) { wire.Refuse(x.w, x.id, x.said(err)) }

func refuseQuery(x *exchange, err error) {
	wire.RefuseQuery(x.w, x.protocol.namespace, x.id, x.said(err))
}

func refuseJSON(x *exchange, err error) {
	e := x.said(err)
	answerJSON(x.w, e.Status, map[string]string{"__type": e.Code, "message": e.Message})
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that is gone needs no answer
}

func refuseBlocks(x *exchange, err error) {
	e := x.said(err)
	if strings.HasSuffix(e.Code, "Exception") && e.Status == http.StatusBadRequest && x.fault.Code == "" {
		e.Status = http.StatusForbidden
	}
	blocks.Refuse(x.w, &blocks.Fault{Code: e.Code, Status: e.Status, Message: e.Message})
}

// serve does a call and answers.
func (s *Server) serve(x *exchange, in *request) {
	switch {
	case x.protocol.service == "ebs":
		s.serveBlocks(x)
	case s.json[x.protocol.service] != nil:
		s.serveJSON(x, in)
	default:
		body, err := s.do(x, in.form)
		x.left()
		if err != nil {
			x.protocol.refuse(x, err)
			s.world.Log(x.scope.Region + " " + x.action + ": " + err.Error())
			return
		}
		s.world.Log(x.scope.Region + " " + x.action)
		if x.protocol.namespace == wire.Namespace {
			wire.Answer(x.w, x.action, x.id, body)
			return
		}
		wire.AnswerQuery(x.w, x.protocol.namespace, x.action, x.id, body)
	}
}

// serveBlocks keeps the answer back where a fault waits for the call's end.
func (s *Server) serveBlocks(x *exchange) {
	if x.fault.After == nil && x.fault.Drop == world.Never {
		s.blocks.Serve(x.w, x.r, x.scope.Region)
		return
	}
	k := &kept{ResponseWriter: x.w, status: http.StatusOK}
	s.blocks.Serve(k, x.r, x.scope.Region)
	x.left()
	x.w.WriteHeader(k.status)
	_, _ = x.w.Write(k.body.Bytes()) // a client that is gone needs no answer
}

// kept is an answer that is not sent yet.
type kept struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (k *kept) WriteHeader(status int) { k.status = status }

func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }

func (s *Server) serveJSON(x *exchange, in *request) {
	action := s.json[x.protocol.service][x.action]
	if action == nil {
		x.protocol.refuse(x, wire.Bad("UnknownOperationException", "The sandbox does not implement %s of %s.", x.action, x.protocol.service))
		return
	}
	s.world.Lock()
	out, err := action(s.call(x), in.body)
	var body bytes.Buffer
	if err == nil {
		err = json.NewEncoder(&body).Encode(out)
	}
	s.world.Unlock()
	x.left()
	if err != nil {
		x.protocol.refuse(x, err)
		return
	}
	answerJSON(x.w, http.StatusOK, json.RawMessage(body.Bytes()))
}

// do does a call of a query protocol, once for each client token.
func (s *Server) do(x *exchange, form url.Values) (string, error) {
	action := s.actions[x.protocol.service][x.action]
	if x.protocol.service != "" && s.actions[x.protocol.service] == nil {
		return "", wire.Bad("InvalidAction", "The sandbox has no service %s", x.protocol.service)
	}
	if action == nil {
		return "", wire.Bad("InvalidAction", "The action %s is not valid for this web service: the sandbox does not implement it.", x.action)
	}
	c := s.call(x)
	if x.protocol.service == "ec2" {
		dry := form.Get("DryRun")
		if dry != "" && dry != "true" && dry != "false" {
			return "", wire.Invalid(dry, "DryRun", "It must be true or false.")
		}
		c.DryRun = dry == "true"
		form.Del("DryRun")
	}
	s.world.Lock()
	defer s.world.Unlock()
	key, text := x.scope.Region+" "+x.action+" "+form.Get("ClientToken"), form.Encode()
	token := s.world.Tokens[key]
	if form.Get("ClientToken") != "" && token != nil && !c.DryRun {
		if token.Request != text {
			return "", wire.Bad("IdempotentParameterMismatch", "The client token you have provided is associated with a different request: %s", form.Get("ClientToken"))
		}
		return token.Body, nil
	}
	if err := s.hidden(form); err != nil {
		return "", err
	}
	var before []string
	if s.world.Timing.Hidden > 0 {
		before = c.IDs()
	}
	out, err := action(c, form)
	if err == nil {
		err = c.Finish()
	}
	if err != nil {
		return "", err
	}
	body, err := wire.Body(out)
	s.hide(c, before)
	if err == nil && form.Get("ClientToken") != "" {
		s.world.Tokens[key] = &world.Token{Request: text, Body: body}
	}
	return body, err
}

// hide notes what an action has made, which is not found at once.
func (s *Server) hide(c *world.Call, before []string) {
	if s.world.Timing.Hidden == 0 {
		return
	}
	for _, id := range c.IDs() {
		if _, old := slices.BinarySearch(before, id); !old {
			s.world.Hidden[id] = time.Now().Add(s.world.Timing.Hidden)
		}
	}
}

// hidden is the error of a request that names what is not found yet.
func (s *Server) hidden(form url.Values) error {
	for _, values := range form {
		if until, young := s.world.Hidden[values[0]]; young && time.Now().Before(until) {
			return world.Unknown(values[0])
		}
	}
	return nil
}
