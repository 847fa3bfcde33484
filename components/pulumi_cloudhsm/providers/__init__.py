"""Dynamic providers: one module per resource.

State refers to these classes by module and name, and the engine's plugin host imports them from
there; moving or renaming one breaks refresh and destroy of every existing stack. Importing a module
of this folder declares no resource and loads no component.
"""
