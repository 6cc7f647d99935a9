"""The coordinated plan that learned agents correct."""
