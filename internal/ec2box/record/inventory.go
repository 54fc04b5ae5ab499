package record

// Resource is something that costs or hinders somebody.
type Resource struct {
	Region, Kind, ID, Name, State string
	Tags                          map[string]string
}

// Inventory is all that is there: what was seeded, default networks and
// terminated instances left out.
type Inventory []Resource

// Counts gives the number of each kind.
func (v Inventory) Counts() map[string]int {
	all := map[string]int{}
	for _, r := range v {
		all[r.Kind]++
	}
	return all
}

// Of lists the resources of a kind.
func (v Inventory) Of(kind string) Inventory {
	var some Inventory
	for _, r := range v {
		if r.Kind == kind {
			some = append(some, r)
		}
	}
	return some
}

// Inventory lists what there is in the region.
func (r *Region) Inventory() Inventory {
	var all Inventory
	add := func(kind, id, name, state string, tags []Tag) {
		m := map[string]string{}
		for _, t := range tags {
			m[t.Key] = t.Value
		}
		all = append(all, Resource{r.Name, kind, id, name, state, m})
	}
	for _, i := range Sorted(r.Instances) {
		if !i.Is("terminated") {
			add("instance", i.ID, "", i.State.Name, i.Tags)
		}
	}
	for _, i := range Sorted(r.Images) {
		if !i.Seeded {
			add("image", i.ID, i.Name, i.State, i.Tags)
		}
	}
	for _, s := range Sorted(r.Snapshots) {
		if !s.Seeded {
			add("snapshot", s.ID, "", s.State, s.Tags)
		}
	}
	for _, v := range Sorted(r.Volumes) {
		add("volume", v.ID, "", v.State, v.Tags)
	}
	for _, k := range Sorted(r.Keys) {
		add("key-pair", k.ID, k.Name, "", k.Tags)
	}
	for _, g := range Sorted(r.Groups) {
		if g.Name != "default" {
			add("security-group", g.ID, g.Name, "", g.Tags)
		}
	}
	for _, t := range Sorted(r.Templates) {
		add("launch-template", t.ID, t.Name, "", t.Tags)
	}
	for _, v := range Sorted(r.VPCs) {
		if !v.Default {
			add("vpc", v.ID, "", v.State, v.Tags)
		}
	}
	return all
}
