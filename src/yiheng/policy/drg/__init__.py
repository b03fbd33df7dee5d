"""DRG (按疾病诊断相关分组付费): what holds where a rule pack does not say otherwise."""
