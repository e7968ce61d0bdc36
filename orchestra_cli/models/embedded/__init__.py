"""The models that run inside this process without any key.

`player.ask` plays a Call: MiniLM (`minilm`) classifies, retrieves and picks quotes; a small language model (`llama`)
writes connecting sentences; everything else is the user's own words, put in order by `fields`, `prose` and `review`.
`registry` and `weights` know where the weights come from. Nothing here decides what is asked, or of whom.
"""
