"""What the appliance costs beside the shortest way to do the same: `./run bench [NAME…] [--quick]`.

Absolute times say more about the machine than about us, so every benchmark has a reference that is measured in the
same run, and the goals are ratios. A goal that is missed is told and fails nothing; what does not work fails.
"""
