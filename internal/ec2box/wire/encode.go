package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/http"
)

// Namespace is that of EC2's answers.
const Namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"

// Return is the answer of actions that have nothing to say.
type Return struct {
	Return bool `xml:"return"`
}

// Body is the part of an answer that an action makes, which may be kept to be
// given again.
func Body(out any) (string, error) {
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	if err := e.EncodeElement(out, xml.StartElement{Name: xml.Name{Local: "a"}}); err != nil {
		return "", fmt.Errorf("writing an answer: %w", err)
	}
	text := b.Bytes()
	text = text[bytes.IndexByte(text, '>')+1:]
	return string(bytes.TrimSuffix(text, []byte("</a>"))), nil
}

// Answer writes an answer of EC2's.
func Answer(w http.ResponseWriter, action, id, body string) {
	write(w, http.StatusOK, fmt.Sprintf(`<%sResponse xmlns="%s"><requestId>%s</requestId>%s</%[1]sResponse>`, action, Namespace, id, body))
}

// AnswerQuery writes an answer of STS's and its like.
func AnswerQuery(w http.ResponseWriter, namespace, action, id, body string) {
	write(w, http.StatusOK, fmt.Sprintf(`<%[1]sResponse xmlns="%[2]s"><%[1]sResult>%[3]s</%[1]sResult><ResponseMetadata><RequestId>%[4]s</RequestId></ResponseMetadata></%[1]sResponse>`, action, namespace, body, id))
}

// Refuse writes an error of EC2's.
func Refuse(w http.ResponseWriter, id string, e *Error) {
	write(w, e.Status, fmt.Sprintf(`<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>`, escaped(e.Code), escaped(e.Message), id))
}

// RefuseQuery writes an error of STS's and its like.
func RefuseQuery(w http.ResponseWriter, namespace, id string, e *Error) {
	who := "Sender"
	if e.Status >= http.StatusInternalServerError {
		who = "Receiver"
	}
	write(w, e.Status, fmt.Sprintf(`<ErrorResponse xmlns="%s"><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`, namespace, who, escaped(e.Code), escaped(e.Message), id))
}

func escaped(text string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(text)) // a buffer takes all
	return b.String()
}

func write(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprint(w, xml.Header, body) // a client that is gone needs no answer
}
