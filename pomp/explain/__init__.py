"""What a region has to do with a patient's risk: attention, alignment and occlusion."""
