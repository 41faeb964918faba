package deny

bound contains "too low" if input.accuracy.value < 0.9

no_worse contains "worse" if input.accuracy.value < input.champion.value - 0.03

signed contains "too few" if count({s.by | some s in input.signoffs; s.role == "validator"; s.by != input.author}) < 2
