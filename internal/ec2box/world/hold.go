package world

import "sync"

// holds are the locks of contents, by the id of a snapshot or volume.
type holds struct {
	mu  sync.Mutex
	all map[string]*sync.RWMutex
}

func (h *holds) of(id string) *sync.RWMutex {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.all == nil {
		h.all = map[string]*sync.RWMutex{}
	}
	if h.all[id] == nil {
		h.all[id] = &sync.RWMutex{}
	}
	return h.all[id]
}

// Hold keeps the contents of snapshots and volumes from being removed until
// release is called. Their records must be there.
func (w *World) Hold(ids ...string) (release func()) {
	for _, id := range ids {
		w.holds.of(id).RLock()
	}
	return func() {
		for _, id := range ids {
			w.holds.of(id).RUnlock()
		}
	}
}

// Remove removes contents that nobody can ask for any more, when nobody holds them.
func (w *World) Remove(id string, remove func(string) error) error {
	l := w.holds.of(id)
	l.Lock()
	defer l.Unlock()
	return remove(id)
}
