package guarded

ratio(x) if {
	is_number(x)
	x >= 0
	x <= 1
}

default bound := false
bound if {
	ratio(input.accuracy.value)
	input.accuracy.value >= 0.9
}

default no_worse := false
no_worse if {
	ratio(input.accuracy.value)
	ratio(input.champion.value)
	input.accuracy.data_set == input.champion.data_set
	input.accuracy.value >= input.champion.value - 0.03
}

default signed := false
signed if {
	is_string(input.author)
	not rejected
	count({s.by |
		some s in input.signoffs
		s.role == "validator"
		s.says == "approve"
		s.by != input.author
	}) >= 2
}

rejected if {
	some s in input.signoffs
	s.says == "reject"
}
