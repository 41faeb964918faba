package allow

default bound := false
bound if input.accuracy.value >= 0.9

default no_worse := false
no_worse if input.accuracy.value >= input.champion.value - 0.03

default signed := false
signed if count({s.by | some s in input.signoffs; s.role == "validator"; s.by != input.author}) >= 2
