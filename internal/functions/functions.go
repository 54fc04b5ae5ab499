// Package functions is the function library of templates.
package functions

import (
	"maps"
	"time"

	"github.com/hashicorp/go-cty-funcs/cidr"
	"github.com/hashicorp/go-cty-funcs/collection"
	"github.com/hashicorp/go-cty-funcs/crypto"
	"github.com/hashicorp/go-cty-funcs/encoding"
	"github.com/hashicorp/go-cty-funcs/filesystem"
	"github.com/hashicorp/go-cty-funcs/uuid"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/ovenbird-io/ovenbird/internal/bounds"
)

// Table gives every function by its name. Relative paths are resolved against
// root; start is when the run started, what the legacy_ functions tell; secrets
// may be filled later.
func Table(root string, start time.Time, secrets *Secrets) map[string]function.Function {
	all := map[string]function.Function{}
	for _, part := range []map[string]function.Function{
		numbers(), text(), collections(), encodings(), files(root), times(start), hashes(), types(), secrets.functions(), refused(),
	} {
		maps.Copy(all, part)
	}
	all["templatefile"] = templateFile(root, all)
	return all
}

func numbers() map[string]function.Function {
	return map[string]function.Function{
		"abs":      stdlib.AbsoluteFunc,
		"ceil":     stdlib.CeilFunc,
		"floor":    stdlib.FloorFunc,
		"log":      stdlib.LogFunc,
		"max":      stdlib.MaxFunc,
		"min":      stdlib.MinFunc,
		"parseint": bounds.ParseInt(),
		"pow":      stdlib.PowFunc,
		"signum":   stdlib.SignumFunc,
		"sum":      sum(),
	}
}

func text() map[string]function.Function {
	return map[string]function.Function{
		"chomp":         stdlib.ChompFunc,
		"endswith":      hasSuffix(),
		"format":        bounds.Format(),
		"formatlist":    bounds.FormatList(),
		"indent":        guardIndent(),
		"join":          bounds.Join(),
		"lower":         stdlib.LowerFunc,
		"regex":         bounds.Regex(),
		"regexall":      bounds.RegexAll(),
		"regex_replace": bounds.RegexReplace(),
		"replace":       bounds.Replace(),
		"split":         bounds.Split(),
		"startswith":    hasPrefix(),
		"strcontains":   contains(),
		"strrev":        stdlib.ReverseFunc,
		"substr":        stdlib.SubstrFunc,
		"title":         stdlib.TitleFunc,
		"trim":          bounds.Trim(),
		"trimprefix":    stdlib.TrimPrefixFunc,
		"trimspace":     stdlib.TrimSpaceFunc,
		"trimsuffix":    stdlib.TrimSuffixFunc,
		"upper":         stdlib.UpperFunc,
	}
}

func collections() map[string]function.Function {
	return map[string]function.Function{
		"alltrue":         allTrue(),
		"anytrue":         anyTrue(),
		"chunklist":       stdlib.ChunklistFunc,
		"coalesce":        collection.CoalesceFunc,
		"coalescelist":    stdlib.CoalesceListFunc,
		"compact":         stdlib.CompactFunc,
		"concat":          stdlib.ConcatFunc,
		"contains":        bounds.Contains(),
		"distinct":        bounds.Distinct(),
		"element":         stdlib.ElementFunc,
		"flatten":         stdlib.FlattenFunc,
		"index":           index(),
		"keys":            stdlib.KeysFunc,
		"length":          length(),
		"lookup":          stdlib.LookupFunc,
		"merge":           stdlib.MergeFunc,
		"range":           stdlib.RangeFunc, // makes at most 1,024 elements
		"reverse":         stdlib.ReverseListFunc,
		"setintersection": stdlib.SetIntersectionFunc,
		"setproduct":      guardProduct(),
		"setunion":        stdlib.SetUnionFunc,
		"slice":           stdlib.SliceFunc,
		"sort":            stdlib.SortFunc,
		"values":          stdlib.ValuesFunc,
		"zipmap":          stdlib.ZipmapFunc,
	}
}

func encodings() map[string]function.Function {
	return map[string]function.Function{
		"base64decode":     encoding.Base64DecodeFunc,
		"base64encode":     encoding.Base64EncodeFunc,
		"base64gzip":       base64gzip(),
		"csvdecode":        bounds.CSVDecode(),
		"jsondecode":       bounds.JSONDecode(),
		"jsonencode":       stdlib.JSONEncodeFunc,
		"textdecodebase64": textDecode(),
		"textencodebase64": textEncode(),
		"urlencode":        encoding.URLEncodeFunc,
		"yamldecode":       bounds.YAMLDecode(),
		"yamlencode":       yaml.YAMLEncodeFunc,
		"cidrhost":         cidr.HostFunc,
		"cidrnetmask":      cidr.NetmaskFunc,
		"cidrsubnet":       cidr.SubnetFunc,
		"cidrsubnets":      cidr.SubnetsFunc,
	}
}

func files(root string) map[string]function.Function {
	return map[string]function.Function{
		"abspath":    filesystem.AbsPathFunc,
		"basename":   filesystem.BasenameFunc,
		"dirname":    filesystem.DirnameFunc,
		"file":       guardFile(root, false),
		"filebase64": guardFile("", true), // of the working directory, as Packer has it
		"fileexists": filesystem.MakeFileExistsFunc(root),
		"fileset":    bounds.FileSet(root),
		"pathexpand": filesystem.PathExpandFunc,
	}
}

func times(start time.Time) map[string]function.Function {
	return map[string]function.Function{
		"formatdate":           stdlib.FormatDateFunc,
		"timeadd":              stdlib.TimeAddFunc,
		"timestamp":            timestamp(),
		"legacy_isotime":       isotime(start),
		"legacy_strftime":      strftime(start),
		"rfc3339_parse":        parseRFC3339(),
		"unix_timestamp_parse": parseUnix(),
	}
}

func hashes() map[string]function.Function {
	return map[string]function.Function{
		"bcrypt":     guardBcrypt(),
		"md5":        crypto.Md5Func,
		"rsadecrypt": crypto.RsaDecryptFunc,
		"sha1":       crypto.Sha1Func,
		"sha256":     crypto.Sha256Func,
		"sha512":     crypto.Sha512Func,
		"uuidv4":     uuid.V4Func,
		"uuidv5":     uuid.V5Func,
	}
}

func types() map[string]function.Function {
	return map[string]function.Function{
		"can":     tryfunc.CanFunc,
		"convert": typeexpr.ConvertFunc,
		"try":     tryfunc.TryFunc,
	}
}

func refused() map[string]function.Function {
	all := map[string]function.Function{
		"env": refuse("env() works only in the default of a variable: write default = env(\"NAME\") and use var.X here"),
	}
	for name, client := range map[string][2]string{
		"consul_key": {"Consul", "consul kv get KEY"},
		"vault":      {"Vault", "vault kv get -field=FIELD PATH"},
	} {
		all[name] = refuse(name + "() needs a client for " + client[0] + ", which is not built in yet; declare a variable with sensitive = true, " +
			"use it here, and set it in the environment: PKR_VAR_x=\"$(" + client[1] + ")\"")
	}
	return all
}

// Defaults are the functions for the default of a variable: env() alone.
func Defaults() map[string]function.Function {
	return map[string]function.Function{"env": environment()}
}
