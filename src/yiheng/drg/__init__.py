"""DRG (疾病诊断相关分组): rule pack -> compiled pack -> kernel -> trace.

`reference` is the readable definition of what a pack says about a case; `kernel` says the same for millions of cases,
and tests hold the two equal. Which rules there are is data: this room holds no code, list, name or limit of any scheme.
"""
