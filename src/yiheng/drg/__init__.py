"""DRG (疾病诊断相关分组): rule pack -> compiled pack -> kernel -> trace.

`reference` is the readable definition of what a pack says about a case: begin there. `packs` are how rules are written
and read, `checks` what can be wrong with them, `opendrg` brings in another grouper's; `kernel` says the same as the
reference for millions of cases, and tests hold the two equal; `telling` explains a case, `compare` holds two packs
side by side. Which rules there are is data: this room holds no code, list, name or limit of any scheme.
"""
