// Generates the SDK of a Pulumi package from its schema, with the CLI's own generators.
//
// `pulumi package gen-sdk` asks a language host for that. The hosts that can be built here are older
// than this request, so this program stands in for them. What it writes is all Pulumi's.
//
// Usage: pulumi-sdk-generator nodejs|go FOLDER, with the schema on standard input.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(language, folder string) error {
	var spec schema.PackageSpec
	if err := json.NewDecoder(os.Stdin).Decode(&spec); err != nil {
		return err
	}
	// Loads nothing: the schema refers to no other package.
	loader := schema.NewCachedLoader(nil)
	pkg, problems, err := schema.BindSpec(spec, loader, schema.ValidationOptions{})
	if err != nil {
		return err
	}
	if problems.HasErrors() {
		return problems
	}
	pkg.SupportPack = true // as `pulumi package add` has it: a Go SDK is a module of its own
	files, err := generated(language, pkg, loader)
	if err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func generated(
	language string, pkg *schema.Package, loader schema.ReferenceLoader,
) (map[string][]byte, error) {
	tool := "pulumi-language-" + language
	switch language {
	case "nodejs":
		const local = true // compiled where it is installed, as `pulumi package add` has it
		return nodejs.GeneratePackage(tool, pkg, nil, nil, local, loader)
	case "go":
		return gogen.GeneratePackage(tool, pkg, nil)
	}
	return nil, fmt.Errorf("no generator for %q", language)
}
