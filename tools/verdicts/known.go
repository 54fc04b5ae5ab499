package main

import "regexp"

// feature is something that packer 1.6.6 does not know yet. A case in which
// packer stumbles over it is not compared: the error is no verdict on what the
// case is about.
type feature struct {
	name string
	says *regexp.Regexp // what packer says of it, white space as single spaces
}

var unknown = []feature{
	{"error-cleanup-provisioner", regexp.MustCompile(`Blocks of type "error-cleanup-provisioner" are not expected`)},
	{"local blocks", regexp.MustCompile(`Blocks of type "local" are not expected`)},
	{"required_plugins", regexp.MustCompile(`Blocks of type "required_plugins" are not expected`)},
	{"the type any", regexp.MustCompile(`The keyword "any" cannot be used in this type specification`)},
	{"optional() in types", regexp.MustCompile(`Keyword "optional" is not a valid type constructor`)},
	{"regex() and templatefile()", regexp.MustCompile(`There is no function named "(regex|templatefile)"`)},
	{"regex(), which can() hides", regexp.MustCompile(`Letters only\.`)},
	{"expressions in name and sources of a build", regexp.MustCompile(`Unsuitable value: value must be known`)},
	{"source.name and source.type in a source", regexp.MustCompile(`failed to read dynamic type descriptor value`)},
}

// difference is one that is meant: both programs know what the case is about,
// and judge otherwise.
type difference struct {
	valid string         // the program that finds the template valid
	says  *regexp.Regexp // what the other one says, white space as single spaces
	why   string
}

var meant = []difference{
	{
		ovenbird, regexp.MustCompile(`Blocks of type "dynamic" are not expected here`),
		"dynamic works at the top of a file, too, so that a list can make whole sources",
	},
	{
		ovenbird, regexp.MustCompile(`known builders: \[`),
		"a component that no build uses need not exist, so that templates for several hypervisors can be baked in part",
	},
	{
		ovenbird, regexp.MustCompile(`function "clean_resource_name" not defined`),
		"packer has this function only in the builders of clouds, we have it everywhere",
	},
	{
		ovenbird, regexp.MustCompile(`not compatible with the variable's type constraint: tuple required`),
		"a variable with a list as default, but no type, takes lists of any length",
	},
	{
		packer, regexp.MustCompile(`The local "\w+" is already set at`),
		"packer 1.6.6 takes either value, later versions refuse the template as we do",
	},
	{
		packer, regexp.MustCompile(`Element \[\d+\] is null`),
		"packer refuses a null in lists of texts, but not in lists of lists; we refuse it in both",
	},
	{
		packer, regexp.MustCompile(`is too large; the limit is|At most .* elements are allowed`),
		"a template cannot take all memory of the host",
	},
}
