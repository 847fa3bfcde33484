"""The plugin from this folder, as a language host starts it: see PulumiPlugin.yaml."""

from pulumi_cloudhsm.plugin.__main__ import main

main()
