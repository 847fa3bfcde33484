"""One process that serves this package to programs in TypeScript, Go, YAML, C# and Java.

It constructs the component, and serves the providers of its dynamic resources as custom resources
of the Pulumi package `cloudhsm`. A Python program imports the package and needs no plugin.
"""
