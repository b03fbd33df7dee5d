"""The region's services (区域协同): what hospitals do with each other."""
