"""How a run goes: plan, schedule, steps, gates, review, budget, events. Knows neither Rich nor Typer."""
