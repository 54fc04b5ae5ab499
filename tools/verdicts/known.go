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
	{"hcp_packer_registry", regexp.MustCompile(`Blocks of type "hcp_packer_registry" are not expected`)},
	{"cache, for_each and lists of provisioners, which are ours alone", regexp.MustCompile(
		`named "(cache|for_each|use)"( is not expected|\.)|Blocks of type "(cache|provisioners)" are not`)},
	{"what HCP Packer gives", regexp.MustCompile(`attribute named "(iterationID|versionFingerprint)"`)},
	{"local blocks", regexp.MustCompile(`Blocks of type "local" are not expected`)},
	{"required_plugins", regexp.MustCompile(`Blocks of type "required_plugins" are not expected`)},
	{"the type any", regexp.MustCompile(`The keyword "any" cannot be used in this type specification`)},
	{"optional() in types", regexp.MustCompile(`Keyword "optional" is not a valid type constructor`)},
	{"regex() and templatefile()", regexp.MustCompile(`There is no function named "(regex|templatefile)"`)},
	{"regex(), which can() hides", regexp.MustCompile(`Letters only\.`)},
	{"expressions in name and sources of a build", regexp.MustCompile(`Unsuitable value: value must be known`)},
	{
		"options of later versions",
		regexp.MustCompile(`An argument named "(boot_steps|cd_content|content|cores|cpu_model|efi_boot|firmware|use_pflash|use_pwsh|vtpm)" is not expected`),
	},
	{"values of the machine before there is one", regexp.MustCompile(`error calling build: loaded data, but couldnt find`)},
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
		ovenbird, regexp.MustCompile(`Unknown source a-b\.c`),
		"a name may have dots",
	},
	{
		ovenbird, regexp.MustCompile(`An ssh_username must be specified`),
		"a template without a login of its own gets a throw-away one",
	},
	{
		ovenbird, regexp.MustCompile(`Output directory '.*' already exists`),
		"validate does not look at what earlier builds left, build does",
	},
	{
		ovenbird, regexp.MustCompile(`executable file not found in \$PATH`),
		"validate runs no program, so ansible is missed when the build starts",
	},
	{
		ovenbird, regexp.MustCompile(`Bad Floppy disk file|a Host must be specified|winrm_username must be specified|host_port_min must be less|list of string required|Invalid formula URL`),
		"the value of an option that is not supported yet is not looked at",
	},
	{
		ovenbird, regexp.MustCompile(`can only be (enabled|used) .*when disk_image is true`),
		"what goes with an installer is not looked at, as booting one is not supported yet",
	},
	{
		ovenbird, regexp.MustCompile(`only apply when minion_config is not used`),
		"with a minion config, remote_state_tree is where the files go, and a warning tells what Salt reads",
	},
	{
		packer, regexp.MustCompile(`There is nothing to provision`),
		"packer's build fails at a provisioner whose builder has no guest",
	},
	{
		packer, regexp.MustCompile(`Several files cannot become the one file`),
		"packer writes one file over the other",
	},
	{
		packer, regexp.MustCompile(`is no file name; write one without a folder`),
		"the folder is output_directory; packer's build fails when it makes the disk",
	},
	{
		packer, regexp.MustCompile(`MiB is too little for any machine`),
		"packer quietly takes 512 MiB for less than 4",
	},
	{
		packer, regexp.MustCompile(`"foo" is unknown; use one of tar|10 is no level; use`),
		"a format or a level that does not exist is found before the bake, not after it",
	},
	{
		packer, regexp.MustCompile(`The local "\w+" is already set at`),
		"packer 1.6.6 takes either value, later versions refuse the template as we do",
	},
	{
		packer, regexp.MustCompile(`A build without sources`),
		"packer 1.6.6 passes over a build without sources, later versions refuse the template as we do",
	},
	{
		packer, regexp.MustCompile(`Element \[\d+\] is null`),
		"packer refuses a null in lists of texts, but not in lists of lists; we refuse it in both",
	},
	{
		packer, regexp.MustCompile(`is too large; the limit is|At most .* elements are allowed|At most .* brackets within each other`),
		"a template cannot take all memory of the host",
	},
}
