convoy-report plan.yaml -o plan.txt && convoy-report plan.yaml | cmp - plan.txt
