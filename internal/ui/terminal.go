package ui

import "github.com/schollz/progressbar/v3"

// terminal is plain text with a progress bar in the last line. It shows one
// bar, and only when a single build runs: bars of several builds would fight
// for that line. Other progress is mentioned now and then, as in a log.
type terminal struct {
	plain *plain
	bar   *progressbar.ProgressBar
	id    int64 // of the progress that has the bar
}

// Event shows one event; a bar makes way for text and comes back below it.
func (t *terminal) Event(e Event) {
	switch {
	case e.Kind == DebugKind || e.Kind == FactKind, e.Kind == ProgressKind && t.progress(e):
		return
	}
	if t.bar != nil {
		_ = t.bar.Clear()
	}
	t.plain.Event(e)
	if t.bar != nil {
		_ = t.bar.RenderBlank()
	}
}

// progress tells whether the event was shown on the bar.
func (t *terminal) progress(e Event) bool {
	switch {
	case e.State == Started && t.bar == nil && e.Progress.Solo:
		t.bar, t.id = t.newBar(e), e.Progress.ID
		return true
	case t.bar == nil || t.id != e.Progress.ID:
		return false
	case e.State == Done:
		_ = t.bar.Clear()
		t.bar = nil
		return true
	}
	_ = t.bar.Set64(e.Progress.Done)
	return true
}

func (t *terminal) newBar(e Event) *progressbar.ProgressBar {
	total := e.Progress.Total
	if total == 0 {
		total = -1
	}
	label := []rune(e.Progress.Label)
	if len(label) > 24 {
		label = append(label[:23], '…')
	}
	return progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(t.plain.stderr),
		progressbar.OptionSetDescription("    "+string(label)),
		progressbar.OptionSetWidth(16),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowCount(),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionThrottle(0),
		progressbar.OptionSetSpinnerChangeInterval(0), // it would draw from a goroutine of its own
		progressbar.OptionSetRenderBlankState(true),
	)
}
