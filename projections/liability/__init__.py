"""Who bears the days on which a wrong sanction was enforced, and the trail that shows it."""
